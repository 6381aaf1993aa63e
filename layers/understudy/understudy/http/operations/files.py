"""The operations on files, uploads and vector stores, which the function `files` serves."""

from typing import Final, get_args

from understudy.domain.base import Json
from understudy.domain.lists import PageRequest
from understudy.domain.uploads import NewObjectUpload, NewUpload, Purpose, UploadEnd
from understudy.domain.vector_stores import (
    NewFileBatch,
    NewStore,
    NewStoreFile,
    StoreChange,
    StoreFileChange,
    StoreSearch,
)
from understudy.http.objects.drops import DropObject
from understudy.http.objects.files import (
    FileObject,
    ObjectUploadObject,
    UploadObject,
    UploadPartObject,
)
from understudy.http.objects.lists import DeletedObject, ListOf
from understudy.http.objects.vector_stores import (
    ResultPage,
    VectorStoreFileBatchObject,
    VectorStoreFileObject,
    VectorStoreObject,
)
from understudy.http.operations import Operation, tagged
from understudy.http.queries import FilePage, StoreFilePage

FILE: Final = "/files/{file_id}"
UPLOAD: Final = "/uploads/{upload_id}"
DROP: Final = "/drops/{drop_id}"
STORE: Final = "/vector_stores/{vector_store_id}"
STORE_FILE: Final = STORE + "/files/{file_id}"
BATCH: Final = STORE + "/file_batches/{batch_id}"

BINARY: Final[Json] = {"type": "string", "format": "binary"}
FILE_FORM: Final[Json] = {
    "type": "object",
    "properties": {"file": BINARY, "purpose": {"type": "string", "enum": [*get_args(Purpose)]}},
    "required": ["file", "purpose"],
}
PART_FORM: Final[Json] = {"type": "object", "properties": {"data": BINARY}, "required": ["data"]}

# fmt: off
OPERATIONS: Final = (
    *tagged(
        "Files",
        Operation("POST", "/files", "createFile", "Upload a file", FileObject, form=FILE_FORM),
        Operation("GET", "/files", "listFiles", "List files",
                  ListOf[FileObject], query=FilePage),
        Operation("GET", FILE, "retrieveFile", "Retrieve a file", FileObject),
        Operation("DELETE", FILE, "deleteFile", "Delete a file", DeletedObject),
        Operation("GET", FILE + "/content", "downloadFile", "Retrieve the content of a file",
                  "application/octet-stream", refusals=("302",)),
        Operation("POST", "/files/uploads", "createObjectUpload",
                  "Create a form that uploads a large file to the bucket",
                  ObjectUploadObject, body=NewObjectUpload, added=True),
        Operation("POST", "/uploads", "createUpload", "Create an upload in parts",
                  UploadObject, body=NewUpload),
        Operation("POST", UPLOAD + "/parts", "addUploadPart", "Add a part to an upload",
                  UploadPartObject, form=PART_FORM),
        Operation("POST", UPLOAD + "/complete", "completeUpload", "Complete an upload",
                  UploadObject, body=UploadEnd),
        Operation("POST", UPLOAD + "/cancel", "cancelUpload", "Cancel an upload", UploadObject),
    ),
    *tagged(
        "Drops",
        Operation("GET", "/drops", "listDrops", "List the files that were dropped into the bucket",
                  ListOf[DropObject], query=PageRequest, added=True),
        Operation("GET", DROP, "getDrop", "Retrieve a dropped file with the report on it",
                  DropObject, added=True),
    ),
    *tagged(
        "Vector stores",
        Operation("POST", "/vector_stores", "createVectorStore", "Create a vector store",
                  VectorStoreObject, body=NewStore),
        Operation("GET", "/vector_stores", "listVectorStores", "List vector stores",
                  ListOf[VectorStoreObject], query=PageRequest),
        Operation("GET", STORE, "getVectorStore", "Retrieve a vector store", VectorStoreObject),
        Operation("POST", STORE, "modifyVectorStore", "Modify a vector store",
                  VectorStoreObject, body=StoreChange),
        Operation("DELETE", STORE, "deleteVectorStore", "Delete a vector store", DeletedObject),
        Operation("POST", STORE + "/search", "searchVectorStore", "Search a vector store",
                  ResultPage, body=StoreSearch),
        Operation("POST", STORE + "/files", "createVectorStoreFile",
                  "Add a file to a vector store", VectorStoreFileObject, body=NewStoreFile),
        Operation("GET", STORE + "/files", "listVectorStoreFiles",
                  "List the files of a vector store",
                  ListOf[VectorStoreFileObject], query=StoreFilePage),
        Operation("GET", STORE_FILE, "getVectorStoreFile", "Retrieve a file of a vector store",
                  VectorStoreFileObject),
        Operation("POST", STORE_FILE, "updateVectorStoreFileAttributes",
                  "Set the attributes of a file",
                  VectorStoreFileObject, body=StoreFileChange),
        Operation("DELETE", STORE_FILE, "deleteVectorStoreFile",
                  "Remove a file from a vector store", DeletedObject),
        Operation("GET", STORE_FILE + "/content", "retrieveVectorStoreFileContent",
                  "Retrieve the text that a vector store holds of a file", ResultPage),
        Operation("POST", STORE + "/file_batches", "createVectorStoreFileBatch",
                  "Add several files", VectorStoreFileBatchObject, body=NewFileBatch),
        Operation("GET", BATCH, "getVectorStoreFileBatch", "Retrieve a batch of files",
                  VectorStoreFileBatchObject),
        Operation("POST", BATCH + "/cancel", "cancelVectorStoreFileBatch",
                  "Cancel a batch of files", VectorStoreFileBatchObject),
        Operation("GET", BATCH + "/files", "listFilesInVectorStoreBatch",
                  "List the files of a batch",
                  ListOf[VectorStoreFileObject], query=StoreFilePage),
    ),
)
# fmt: on
