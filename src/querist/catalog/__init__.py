"""The catalog: assets, embeddings and predictions in Lance, records in SQL."""
