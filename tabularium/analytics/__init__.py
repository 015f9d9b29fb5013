"""Views of pages: counted without cookies, and shown as figures."""
