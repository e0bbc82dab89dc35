"""S3 below /bedrock/files, for boto3 and every other client of S3: https://docs.aws.amazon.com/AmazonS3/latest/API/"""
