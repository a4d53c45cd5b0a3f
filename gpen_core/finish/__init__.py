"""What is done to a restored crop before it is pasted: light and colour, noise, skin, texture, detail, tone."""
