"""Whether code is right: exercises, and the judge that runs a submission where it cannot reach the answer."""
