"""The models of Bedrock: who judges a body, and who answers it. For workers only: the SDKs are large."""
