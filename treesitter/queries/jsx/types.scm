; Nothing here has annotations.
