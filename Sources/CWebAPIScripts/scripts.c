// The JavaScript halves of the Web APIs as bytes of the executable (C23 #embed): a plain file to
// edit, and nothing to find or lose at run time. Their order is that in which a new global evaluates
// them. A new script is also named in Package.swift.
#include "CWebAPIScripts.h"

// The compiler has `#embed` in every dialect and only says that it came with C23.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const char WebIDL[] = {
#embed "../PluginHost/WebAPIs/WebIDL/WebIDL.js"
    , 0};
static const char DOMException[] = {
#embed "../PluginHost/WebAPIs/DOMException/DOMException.js"
    , 0};
static const char HostCalls[] = {
#embed "../PluginHost/WebAPIs/HostCalls/HostCalls.js"
    , 0};
static const char Events[] = {
#embed "../PluginHost/WebAPIs/Events/Events.js"
    , 0};
static const char Serialize[] = {
#embed "../PluginHost/WebAPIs/StructuredClone/Serialize.js"
    , 0};
static const char Deserialize[] = {
#embed "../PluginHost/WebAPIs/StructuredClone/Deserialize.js"
    , 0};
static const char Tasks[] = {
#embed "../PluginHost/WebAPIs/Messaging/Tasks.js"
    , 0};
static const char MessageEvent[] = {
#embed "../PluginHost/WebAPIs/Messaging/MessageEvent.js"
    , 0};
static const char MessageChannel[] = {
#embed "../PluginHost/WebAPIs/Messaging/MessageChannel.js"
    , 0};
static const char BroadcastChannel[] = {
#embed "../PluginHost/WebAPIs/Messaging/BroadcastChannel.js"
    , 0};
static const char Abort[] = {
#embed "../PluginHost/WebAPIs/Abort/Abort.js"
    , 0};
static const char EncodingLabels[] = {
#embed "../PluginHost/WebAPIs/Encoding/Labels.js"
    , 0};
static const char Encoding[] = {
#embed "../PluginHost/WebAPIs/Encoding/Encoding.js"
    , 0};
static const char Operations[] = {
#embed "../PluginHost/WebAPIs/Operations/Operations.js"
    , 0};
static const char Timers[] = {
#embed "../PluginHost/WebAPIs/Timers/Timers.js"
    , 0};
static const char URL[] = {
#embed "../PluginHost/WebAPIs/URL/URL.js"
    , 0};
static const char URLPattern[] = {
#embed "../PluginHost/WebAPIs/URLPattern/URLPattern.js"
    , 0};
static const char StreamQueues[] = {
#embed "../PluginHost/WebAPIs/Streams/Queues.js"
    , 0};
static const char ReadableStream[] = {
#embed "../PluginHost/WebAPIs/Streams/Readable.js"
    , 0};
static const char StreamDefaultController[] = {
#embed "../PluginHost/WebAPIs/Streams/DefaultController.js"
    , 0};
static const char StreamBuffers[] = {
#embed "../PluginHost/WebAPIs/Streams/Buffers.js"
    , 0};
static const char StreamByteController[] = {
#embed "../PluginHost/WebAPIs/Streams/ByteController.js"
    , 0};
static const char StreamBYOB[] = {
#embed "../PluginHost/WebAPIs/Streams/BYOB.js"
    , 0};
static const char StreamTee[] = {
#embed "../PluginHost/WebAPIs/Streams/Tee.js"
    , 0};
static const char StreamPipe[] = {
#embed "../PluginHost/WebAPIs/Streams/Pipe.js"
    , 0};
static const char StreamIterate[] = {
#embed "../PluginHost/WebAPIs/Streams/Iterate.js"
    , 0};
static const char WritableStream[] = {
#embed "../PluginHost/WebAPIs/Streams/Writable.js"
    , 0};
static const char WritableController[] = {
#embed "../PluginHost/WebAPIs/Streams/WritableController.js"
    , 0};
static const char TransformStream[] = {
#embed "../PluginHost/WebAPIs/Streams/Transform.js"
    , 0};
static const char StreamInterface[] = {
#embed "../PluginHost/WebAPIs/Streams/Interface.js"
    , 0};
static const char StreamTransfer[] = {
#embed "../PluginHost/WebAPIs/Streams/Transfer.js"
    , 0};
static const char EncodingStreams[] = {
#embed "../PluginHost/WebAPIs/Encoding/EncodingStreams.js"
    , 0};
static const char Compression[] = {
#embed "../PluginHost/WebAPIs/Compression/Compression.js"
    , 0};
static const char Blob[] = {
#embed "../PluginHost/WebAPIs/Files/Blob.js"
    , 0};
static const char File[] = {
#embed "../PluginHost/WebAPIs/Files/File.js"
    , 0};
static const char FormData[] = {
#embed "../PluginHost/WebAPIs/FormData/FormData.js"
    , 0};
static const char Multipart[] = {
#embed "../PluginHost/WebAPIs/FormData/Multipart.js"
    , 0};
static const char FileReader[] = {
#embed "../PluginHost/WebAPIs/Files/FileReader.js"
    , 0};
static const char Headers[] = {
#embed "../PluginHost/WebAPIs/Fetch/Headers.js"
    , 0};
static const char Body[] = {
#embed "../PluginHost/WebAPIs/Fetch/Body.js"
    , 0};
static const char Request[] = {
#embed "../PluginHost/WebAPIs/Fetch/Request.js"
    , 0};
static const char Response[] = {
#embed "../PluginHost/WebAPIs/Fetch/Response.js"
    , 0};
static const char Fetch[] = {
#embed "../PluginHost/WebAPIs/Fetch/Fetch.js"
    , 0};
static const char CacheCalls[] = {
#embed "../PluginHost/WebAPIs/Cache/CacheCalls.js"
    , 0};
static const char Cache[] = {
#embed "../PluginHost/WebAPIs/Cache/Cache.js"
    , 0};
static const char CacheStorage[] = {
#embed "../PluginHost/WebAPIs/Cache/CacheStorage.js"
    , 0};
static const char ConsoleTable[] = {
#embed "../PluginHost/WebAPIs/Console/Table.js"
    , 0};
static const char Console[] = {
#embed "../PluginHost/WebAPIs/Console/Console.js"
    , 0};
static const char Crypto[] = {
#embed "../PluginHost/WebAPIs/Crypto/Crypto.js"
    , 0};
static const char Performance[] = {
#embed "../PluginHost/WebAPIs/Performance/Performance.js"
    , 0};
static const char PerformanceObserver[] = {
#embed "../PluginHost/WebAPIs/Performance/PerformanceObserver.js"
    , 0};
static const char Streaming[] = {
#embed "../PluginHost/WebAPIs/WebAssembly/Streaming.js"
    , 0};
static const char ImportScripts[] = {
#embed "../PluginHost/WebAPIs/Scripts/ImportScripts.js"
    , 0};
static const char Modules[] = {
#embed "../PluginHost/WebAPIs/Scripts/Modules.js"
    , 0};
static const char ServiceWorkerEvents[] = {
#embed "../PluginHost/WebAPIs/ServiceWorker/ServiceWorkerEvents.js"
    , 0};
static const char Routes[] = {
#embed "../PluginHost/WebAPIs/ServiceWorker/Routes.js"
    , 0};
static const char Registration[] = {
#embed "../PluginHost/WebAPIs/ServiceWorker/Registration.js"
    , 0};
static const char Clients[] = {
#embed "../PluginHost/WebAPIs/ServiceWorker/Clients.js"
    , 0};
static const char ServiceWorkerGlobalScope[] = {
#embed "../PluginHost/WebAPIs/ServiceWorker/ServiceWorkerGlobalScope.js"
    , 0};

static const char Valor[] = {
#embed "../PluginHost/WebAPIs/Valor/Valor.js"
    , 0};

static const char Algorithms[] = {
#embed "../PluginHost/WebAPIs/Crypto/Algorithms.js"
    , 0};
static const char JSONWebKeys[] = {
#embed "../PluginHost/WebAPIs/Crypto/JSONWebKeys.js"
    , 0};
static const char CurveKeys[] = {
#embed "../PluginHost/WebAPIs/Crypto/CurveKeys.js"
    , 0};
static const char RSAKeys[] = {
#embed "../PluginHost/WebAPIs/Crypto/RSAKeys.js"
    , 0};
static const char SymmetricKeys[] = {
#embed "../PluginHost/WebAPIs/Crypto/SymmetricKeys.js"
    , 0};
static const char DerivationKeys[] = {
#embed "../PluginHost/WebAPIs/Crypto/DerivationKeys.js"
    , 0};
static const char StoredKeys[] = {
#embed "../PluginHost/WebAPIs/Crypto/StoredKeys.js"
    , 0};
static const char SubtleCrypto[] = {
#embed "../PluginHost/WebAPIs/Crypto/SubtleCrypto.js"
    , 0};

#define SCRIPT(name) {"", "valor:" #name, name, sizeof name - 1}
#define LATER(group, name) {group, "valor:" #name, name, sizeof name - 1}

const valor_web_api_script valor_web_api_scripts[] = {
    SCRIPT(WebIDL),
    SCRIPT(DOMException),
    SCRIPT(Events),
    SCRIPT(HostCalls),
    SCRIPT(Serialize),
    SCRIPT(Deserialize),
    SCRIPT(Tasks),
    SCRIPT(MessageEvent),
    SCRIPT(MessageChannel),
    SCRIPT(BroadcastChannel),
    SCRIPT(Abort),
    SCRIPT(EncodingLabels),
    SCRIPT(Encoding),
    SCRIPT(Timers),
    SCRIPT(Operations),
    SCRIPT(URL),
    SCRIPT(URLPattern),
    SCRIPT(StreamQueues),
    SCRIPT(ReadableStream),
    SCRIPT(StreamDefaultController),
    SCRIPT(StreamBuffers),
    SCRIPT(StreamByteController),
    SCRIPT(StreamBYOB),
    SCRIPT(StreamTee),
    SCRIPT(StreamPipe),
    SCRIPT(StreamIterate),
    SCRIPT(WritableStream),
    SCRIPT(WritableController),
    SCRIPT(TransformStream),
    SCRIPT(StreamInterface),
    SCRIPT(StreamTransfer),
    SCRIPT(EncodingStreams),
    SCRIPT(Compression),
    SCRIPT(Blob),
    SCRIPT(File),
    SCRIPT(FormData),
    SCRIPT(Multipart),
    SCRIPT(FileReader),
    SCRIPT(Headers),
    SCRIPT(Body),
    SCRIPT(Request),
    SCRIPT(Response),
    SCRIPT(Fetch),
    SCRIPT(CacheCalls),
    SCRIPT(Cache),
    SCRIPT(CacheStorage),
    SCRIPT(ConsoleTable),
    SCRIPT(Console),
    SCRIPT(Crypto),
    SCRIPT(Performance),
    SCRIPT(PerformanceObserver),
    SCRIPT(Streaming),
    SCRIPT(ImportScripts),
    SCRIPT(Modules),
    SCRIPT(ServiceWorkerEvents),
    SCRIPT(Routes),
    LATER("plugin", Registration),
    LATER("plugin", Clients),
    LATER("plugin", ServiceWorkerGlobalScope),
    LATER("plugin", Valor),
    LATER("crypto", Algorithms),
    LATER("crypto", JSONWebKeys),
    LATER("crypto", CurveKeys),
    LATER("crypto", RSAKeys),
    LATER("crypto", SymmetricKeys),
    LATER("crypto", DerivationKeys),
    LATER("crypto", StoredKeys),
    LATER("crypto", SubtleCrypto),
};
const size_t valor_web_api_script_count =
    sizeof valor_web_api_scripts / sizeof valor_web_api_scripts[0];

const valor_web_api_script *valor_web_api_script_table(void) { return valor_web_api_scripts; }
