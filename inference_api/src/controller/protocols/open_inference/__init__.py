"""The Open Inference Protocol, version 2, over REST, with the binary tensor data extension.

Specification: https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md and
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""
