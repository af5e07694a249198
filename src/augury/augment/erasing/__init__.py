"""Methods that overwrite a region of the image and keep its label."""
