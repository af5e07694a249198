"""The same augmentations in other libraries: from uint8 images to normalized float32."""
