"""The report of a run in two languages, as HTML, Markdown and CSV. Nothing here measures or decides."""
