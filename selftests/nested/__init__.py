"""The project's tests under KVM on a host without it: in an outer guest whose CPU is emulated."""
