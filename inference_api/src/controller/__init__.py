"""What speaks HTTP: the application, its errors and its fast lane. What predicts is in `service`."""
