"""Files and vector stores, as the SDK calls them."""

import io

from tests.sdk.exercise import Exercise


class Files(Exercise):
    """One file, in a store and out of it."""

    def run(self) -> None:
        stores = getattr(self.client, "vector_stores", None) or self.client.beta.vector_stores
        text = io.BytesIO(b"The harbour opens at six in the morning.")
        file = self.call(
            "createFile",
            lambda: self.client.files.create(file=("harbour.txt", text), purpose="assistants"),
        )
        self.call("retrieveFile", lambda: self.client.files.retrieve(file.id))
        listed = self.call("listFiles", lambda: list(self.client.files.list()))
        assert file.id in [each.id for each in listed]
        store = self.call("createVectorStore", lambda: stores.create(name="harbour"))
        self.call("getVectorStore", lambda: stores.retrieve(store.id))
        self.call("modifyVectorStore", lambda: stores.update(store.id, name="port"))
        self.call("listVectorStores", lambda: list(stores.list()))
        self.call("createVectorStoreFile", lambda: stores.files.create(store.id, file_id=file.id))
        self.call(
            "getVectorStoreFile",
            lambda: stores.files.retrieve(file.id, vector_store_id=store.id),
        )
        self.call("listVectorStoreFiles", lambda: list(stores.files.list(store.id)))
        self.call(
            "deleteVectorStoreFile",
            lambda: stores.files.delete(file.id, vector_store_id=store.id),
        )
        batch = self.call(
            "createVectorStoreFileBatch",
            lambda: stores.file_batches.create(store.id, file_ids=[file.id]),
        )
        self.call(
            "getVectorStoreFileBatch",
            lambda: stores.file_batches.retrieve(batch.id, vector_store_id=store.id),
        )
        self.call(
            "listFilesInVectorStoreBatch",
            lambda: list(stores.file_batches.list_files(batch.id, vector_store_id=store.id)),
        )
        self.call("deleteVectorStore", lambda: stores.delete(store.id))
        self.call("deleteFile", lambda: self.client.files.delete(file.id))
