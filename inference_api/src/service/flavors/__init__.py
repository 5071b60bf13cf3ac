"""What belongs to one kind of model library; today scikit-learn. The rest of the service is free of it."""
