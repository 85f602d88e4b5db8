"""One HTML page for a batch of captions, for people who look rather than read: a single file that needs no network."""

from assistant.captions.report.entry import ReportEntry, Violation
from assistant.captions.report.loudness import Peaks, peaks
from assistant.captions.report.page import write_report

__all__ = ["Peaks", "ReportEntry", "Violation", "peaks", "write_report"]
