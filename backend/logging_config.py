"""Logging of every process: one handler on stderr, as text or as JSON lines."""

import json
import logging
import time


class JsonFormatter(logging.Formatter):
    """Formatter that writes one JSON object a line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time, level, logger, message and the fields of a request as JSON."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def configure_logging(level: str, *, json_lines: bool) -> None:
    """Log to stderr.

    Parameters
    ----------
    level : str
        Lowest level of Axiscope's own messages: debug, info, warning or error. Libraries log from ``warning`` on.
    json_lines : bool
        Whether to write JSON lines, one for each request too; else text, without requests.
    """
    handler = logging.StreamHandler()
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if json_lines else text)
    root = logging.getLogger()
    root.handlers = [handler]
    logging.getLogger("axiscope").setLevel(level.upper())
    root.setLevel(max(logging.WARNING, logging.getLogger("axiscope").level))
    logging.getLogger("axiscope.access").setLevel(logging.INFO if json_lines else logging.WARNING)
