//! What edges hand over.

crate::closed_set!(
    /// What an edge hands over (workflow format, §3). Only `main` activates the edge's target; the others hand it a
    /// resource.
    Connection {
        /// The target runs after the source, with the source's output.
        Main = "main",
        /// An agent.
        AiAgent = "ai_agent",
        /// A chain of calls of a model.
        AiChain = "ai_chain",
        /// A document.
        AiDocument = "ai_document",
        /// A model of embeddings.
        AiEmbedding = "ai_embedding",
        /// A language model.
        AiLanguageModel = "ai_language_model",
        /// A memory.
        AiMemory = "ai_memory",
        /// A parser of a model's output.
        AiOutputParser = "ai_output_parser",
        /// A reranker of search results.
        AiReranker = "ai_reranker",
        /// A retriever.
        AiRetriever = "ai_retriever",
        /// A splitter of texts.
        AiTextSplitter = "ai_text_splitter",
        /// A tool.
        AiTool = "ai_tool",
        /// A vector store.
        AiVectorStore = "ai_vector_store",
    }
);

impl Connection {
    /// Whether it hands over what its source put out, which the input of its target then has under the connection's name.
    pub fn hands_data(self) -> bool {
        match self {
            Self::AiChain
            | Self::AiDocument
            | Self::AiEmbedding
            | Self::AiReranker
            | Self::AiRetriever
            | Self::AiTextSplitter
            | Self::AiVectorStore => true,
            Self::Main
            | Self::AiAgent
            | Self::AiLanguageModel
            | Self::AiMemory
            | Self::AiOutputParser
            | Self::AiTool => false,
        }
    }
}
