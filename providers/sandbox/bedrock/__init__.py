"""A simulated Amazon Bedrock: batch inference, the models themselves, and the S3 they read and write.

https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html
"""
