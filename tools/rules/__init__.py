"""The rules of the contract by what they look at: operations, responses, schemas, examples."""
