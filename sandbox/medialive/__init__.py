"""AWS Elemental MediaLive as the sandbox has it: behaviour only, without HTTP (`sandbox.awsapi`) and video.

- `states`: the life of a channel as one table, and how long things take;
- `channel`: one channel going through that table with its encoder;
- `inputs`: inputs, and what CreateInput refuses;
- `validate`: what CreateChannel and UpdateChannel refuse;
- `schedule`: a channel's schedule;
- `service`: the operations.

Single-pipeline and standard channels with push, pull and file inputs. Sources: botocore's model, the MediaLive user
guide (docs.aws.amazon.com/medialive/latest/ug), and AWS's service authorization reference.
"""
