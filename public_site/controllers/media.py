"""Files that editors uploaded, served from the local storage; files in an object store have addresses of their own."""

from litestar import Controller


class MediaController(Controller):
    path = "/media"
