"""OpenAPI descriptions of the bodies that routes parse themselves, with examples that the tests execute."""

from models_zoo.json_types import JsonObject

REFERENCE = "#/components/schemas/"
NPY_BODY = {"schema": {"type": "string", "format": "binary", "description": "npy file, no pickles"}}


def _json(schema: str, **examples: object) -> JsonObject:
    named = {name: {"summary": name.replace("_", " "), "value": value} for name, value in examples.items()}
    return {"schema": {"$ref": REFERENCE + schema}, "examples": named}


MODEL = {
    "name": "model",
    "in": "query",
    "required": False,
    "description": "model, where the body is not JSON",
    "schema": {"type": "string"},
}
IMAGES: JsonObject = {
    "parameters": [MODEL],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": _json(
                "EncodeRequest", images_of_the_data_set={"model": "demo-disc", "indices": [0, 12345]}
            ),
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "model": {"type": "string"},
                        "fit": {"type": "string", "enum": ["exact", "cover", "stretch"]},
                        "images": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    },
                    "required": ["images"],
                }
            },
            "application/x-npy": NPY_BODY,
        },
    },
}
DECODE: JsonObject = {
    "parameters": [MODEL],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": _json(
                "DecodeRequest",
                one_point={"model": "demo-disc", "latents": [[0.5, -0.5, 1, 0, 0, 0]]},
                two_points={"model": "demo-disc", "latents": [[0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]], "columns": 2},
            ),
            "application/x-npy": NPY_BODY,
        },
    },
}
TRAVERSE: JsonObject = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": _json(
                "TraverseRequest",
                around_a_point={"model": "demo-disc", "latents": [0, 0, 0, 0, 0, 0], "dims": [0, 1], "range": [-2, 2]},
                around_an_image={"model": "demo-disc", "index": 12345, "sigma": 1, "steps": 5},
            )
        },
    }
}
INFER: JsonObject = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": f"{REFERENCE}InferRequest"}},
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary", "description": "JSON, then the bytes of the tensor"}
            },
        },
    },
    "responses": {"200": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
}
