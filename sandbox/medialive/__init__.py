"""AWS Elemental MediaLive as the sandbox has it: behaviour only, without HTTP (`sandbox.awsapi`) and video.

- `states`: the life of a channel as one table, and how long things take;
- `channel`: one channel going through that table with its encoder;
- `validate`: what CreateChannel and CreateInput refuse;
- `schedule`: a channel's schedule;
- `service`: the operations.

Single-pipeline and standard channels with RTMP_PUSH inputs. Sources: botocore's model, the MediaLive user guide
(docs.aws.amazon.com/medialive/latest/ug), and AWS's service authorization reference.
"""
