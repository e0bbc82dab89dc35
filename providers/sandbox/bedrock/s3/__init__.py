"""As much of S3 as batch inference needs: objects in buckets, addressed by path.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""
