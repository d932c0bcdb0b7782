"""The documentation as a site: `pages` writes them for the generator, `finish` makes its site safe
to serve, `links` checks it."""
