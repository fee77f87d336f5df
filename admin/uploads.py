"""Files that are uploaded on a form."""
from admin.fields import UploadField
def upload(label, help): return UploadField(label, description=help, render_kw={"class": "form-control"})
async def keep_images(session, work): session.add_all(work.children)
async def keep_documents(session, work): session.add_all(work.children)
