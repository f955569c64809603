"""The built-in formats; importing this file makes them known."""

from querist.formats.csv_table import CsvFormat
from querist.formats.image_folder import ImageFolderFormat
from querist.formats.jsonl_table import JsonlFormat
from querist.formats.memory_tables import DataFrameFormat, RecordsFormat
from querist.formats.numpy_arrays import NumpyFormat
from querist.formats.parquet_table import ParquetFormat

__all__ = [
    "CsvFormat",
    "DataFrameFormat",
    "ImageFolderFormat",
    "JsonlFormat",
    "NumpyFormat",
    "ParquetFormat",
    "RecordsFormat",
]
