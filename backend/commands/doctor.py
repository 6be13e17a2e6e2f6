"""Command `axiscope doctor`: checks of this machine, with remedies."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

SIGNS = {"ok": "ok   ", "note": "note ", "fault": "FAULT"}


def doctor(json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False) -> None:
    """Check versions, devices, database, zoo, data, plugins, queue and page; exit code 1 for any fault."""
    from backend.commands.doctor_checks import run_checks
    from backend.settings import read_settings

    settings = read_settings()
    findings = []
    for finding in run_checks(settings):
        findings.append(finding)
        if not json_output:
            sys.stdout.write(f"{SIGNS[finding.state]} {finding.area:<9} {finding.detail}\n")
            if finding.mend:
                sys.stdout.write(f"{'':16}-> {finding.mend}\n")
            sys.stdout.flush()
    faults = sum(finding.state == "fault" for finding in findings)
    if json_output:
        sys.stdout.write(json.dumps({"faults": faults, "findings": [asdict(each) for each in findings]}) + "\n")
    else:
        sys.stdout.write("no faults\n" if not faults else f"{faults} faults\n")
    raise typer.Exit(1 if faults else 0)
