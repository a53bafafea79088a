"""A run as one HTML file."""

from ngcsnn.io.report.whole_report import run_report as run_report
