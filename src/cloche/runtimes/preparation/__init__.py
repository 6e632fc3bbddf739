"""The steps of a preparation: fetch, verify, unpack, compile, warm; each makes a layer."""
