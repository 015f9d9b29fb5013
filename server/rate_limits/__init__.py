"""Rate limits: those of `/api/auth` by address and path, and those of groups of operations.

`auth_limits` and `group_limits` say how often something may happen, `groups` which operation counts where. `store`
counts in memory and `redis_store` in Redis; `verdict` is what a check found, and `refusal` the error of status 429.
"""
