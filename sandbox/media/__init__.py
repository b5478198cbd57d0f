"""Real video for the sandbox: RTMP in, one encoder process a running channel, HLS and RTMP out.

`supervisor.VideoPlane` is the entrance. Only the child process (`python -m sandbox.media.channel`) and the
test pictures import PyAV and numpy; the sandbox's own process needs neither.
"""
