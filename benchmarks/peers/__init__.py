"""Other model servers, each written as its documentation recommends."""
