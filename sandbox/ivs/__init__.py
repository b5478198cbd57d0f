"""Amazon IVS (low-latency streaming) as the sandbox has it: behaviour only, in `service`.

HTTP is `sandbox.awsapi`'s, video `sandbox.media`'s. Sources: botocore's model, the IVS API reference and user guide
(docs.aws.amazon.com/ivs), and AWS's service authorization reference.
"""
