"""What victims say of how their case was dealt with: asked once, after closing, by a way that is safe at that moment."""
