"""Base class of the documents of the API."""

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """Base of requests and responses; unknown fields, NaN and infinities are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, protected_namespaces=())
