"""The providers' side of social sign-in: what is known of other servers, and nothing of sessions and users.

`provider.Provider` is what a flow uses; the other modules are its parts.
"""
