"""The child process that downloads a version and describes it. What serves does not import this, but `runner`."""
