"""The surface that boto3's client for Bedrock sees: jobs. Their files are S3's."""
