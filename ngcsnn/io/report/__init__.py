"""A run as one HTML file."""

from ngcsnn.io.report.run_report import run_report as run_report
