"""The second factor: enrolling, the challenge at sign-in and what meets it, trusted devices, and limits."""
