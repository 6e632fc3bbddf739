"""The same expressions natively on 64 bits and in the guest: what they come to is equal."""
