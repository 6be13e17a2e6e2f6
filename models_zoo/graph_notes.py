"""Notes that exporters leave in ONNX graphs: stack traces and names of modules, with paths of the machine."""

from google.protobuf.message import Message

NOTES = ("doc_string", "metadata_props")
"""Fields of ONNX messages that change no computation."""


def clear_notes(message: Message) -> None:
    """Remove the notes of an ONNX message and of all messages in it."""
    for name in NOTES:
        if name in message.DESCRIPTOR.fields_by_name:
            message.ClearField(name)
    for field, value in message.ListFields():
        if field.message_type is not None:
            for inner in (value,) if isinstance(value, Message) else value:
                clear_notes(inner)
