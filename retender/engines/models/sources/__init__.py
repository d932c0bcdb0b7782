"""Where models come from, each place or source in a file of its own.

Places are on this machine (`places`), and hand out a folder. Sources are on the network (`hub`,
`package_index`), and deliver files. `Library` asks them in order.
"""
