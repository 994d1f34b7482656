"""initramfs."""
