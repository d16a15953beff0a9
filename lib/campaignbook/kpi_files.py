"""The registry of indicators, read from the workbook's own data."""

from campaignbook.files import read_data
from campaignbook.kpis import KpiBook
from campaignbook.reading import parse_data


def read_kpis() -> KpiBook:
    """Return the indicators, the published figures, and what is not computed."""
    return parse_data(KpiBook, read_data("kpis"))
