"""The page `GET /` for people: the model that serves, a form that predicts, and links to the other pages."""
