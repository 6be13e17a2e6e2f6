"""What all API documents share."""

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """Base of requests and answers: unknown fields are refused, NaN and infinities never pass."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, protected_namespaces=())
