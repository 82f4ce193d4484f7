"""One module per way of breaking something; each applies, confirms, undoes and confirms again."""
