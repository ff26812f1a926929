//! A double of a bucket with the API of S3: conditional reads and writes, ranges, parts, lists. Faults are injected by a
//! function that looks at each request.

use super::{S3Place, S3Request};
use std::collections::BTreeMap;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Name of the one bucket.
const NAME: &str = "agents";

/// Fault of one request.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Not done, and answered with this status and code.
    Refused(u16, &'static str),
    /// Done, and answered with this status.
    DoneBut(u16),
    /// Done, and the connection ends without an answer.
    Cut,
    /// Done later.
    Late(Duration),
    /// Done as if it had no condition.
    Unconditional,
    /// Answered by something on the way.
    Foreign(u16),
}

type Faults = Box<dyn FnMut(&S3Request) -> Option<Fault> + Send>;

pub struct Bucket {
    endpoint: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    objects: Mutex<BTreeMap<String, Stored>>,
    parts: Mutex<BTreeMap<String, BTreeMap<u32, Vec<u8>>>>,
    faults: Mutex<Option<Faults>>,
    requests: Mutex<Vec<String>>,
}

#[derive(Clone)]
struct Stored {
    bytes: Vec<u8>,
    etag: String,
}

/// Status, headers and body.
type Answer = (u16, String, Vec<u8>);

fn error(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>the double says so</Message></Error>");
    (status, String::new(), body.into_bytes())
}

fn etag_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_owned()
}

impl Bucket {
    pub fn start() -> Bucket {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let shared = state.clone();
        // Ends with the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = shared.clone();
                std::thread::spawn(move || state.serve(stream));
            }
        });
        Bucket { endpoint, state }
    }

    /// Asks for a fault with each request that follows.
    pub fn faults(&self, faults: impl FnMut(&S3Request) -> Option<Fault> + Send + 'static) {
        *self.state.faults.lock().unwrap() = Some(Box::new(faults));
    }

    pub fn heal(&self) {
        *self.state.faults.lock().unwrap() = None;
    }

    /// Keys of all objects.
    pub fn keys(&self) -> Vec<String> {
        self.state.objects.lock().unwrap().keys().cloned().collect()
    }

    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        Some(self.state.objects.lock().unwrap().get(key)?.bytes.clone())
    }

    pub fn put(&self, key: &str, bytes: &[u8]) {
        let stored = Stored { bytes: bytes.to_vec(), etag: etag_of(bytes) };
        self.state.objects.lock().unwrap().insert(key.to_owned(), stored);
    }

    /// Number of uploads that were neither completed nor given up.
    pub fn open_uploads(&self) -> usize {
        self.state.parts.lock().unwrap().len()
    }

    /// Requests since the last call: methods and keys.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.requests.lock().unwrap())
    }
}

impl S3Place for Bucket {
    fn endpoint(&self) -> String {
        self.endpoint.clone()
    }

    fn name(&self) -> String {
        NAME.to_owned()
    }
}

impl State {
    fn serve(&self, mut stream: TcpStream) {
        stream.set_nodelay(true).unwrap();
        while let Some(request) = S3Request::read(&mut stream) {
            let line = format!("{} {}", request.method, request.key);
            self.requests.lock().unwrap().push(line);
            let fault = self.faults.lock().unwrap().as_mut().and_then(|faults| faults(&request));
            let answer = match fault {
                Some(Fault::Refused(status, code)) => error(status, code),
                Some(Fault::Foreign(status)) => (status, String::new(), b"<html>".to_vec()),
                Some(Fault::DoneBut(status)) => {
                    self.answer(&request);
                    error(status, "InternalError")
                }
                Some(Fault::Cut) => {
                    self.answer(&request);
                    return;
                }
                Some(Fault::Late(time)) => {
                    std::thread::sleep(time);
                    self.answer(&request)
                }
                Some(Fault::Unconditional) => {
                    let mut careless = request.clone();
                    careless.headers.retain(|(name, _)| !name.starts_with("if-"));
                    self.done(&careless)
                }
                None => self.answer(&request),
            };
            let (status, headers, body) = answer;
            // The answer to `HEAD` has the length of what it leaves out.
            let length = match headers.contains("Content-Length") || status == 304 {
                true => String::new(),
                false => format!("Content-Length: {}\r\n", body.len()),
            };
            let head = format!("HTTP/1.1 {status} X\r\n{headers}{length}\r\n");
            let body = if request.method == "HEAD" { Vec::new() } else { body };
            if stream.write_all(&[head.into_bytes(), body].concat()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, request: &S3Request) -> Answer {
        match request.refusal() {
            Some((status, code)) => error(status, code),
            None if request.bucket != NAME => error(404, "NoSuchBucket"),
            None => self.done(request),
        }
    }

    fn done(&self, request: &S3Request) -> Answer {
        let has = |name| request.query(name).is_some();
        match &*request.method {
            "GET" if has("list-type") => self.list(request),
            "GET" | "HEAD" => self.get(request),
            "POST" if has("uploads") => self.begin(request),
            "POST" if has("uploadId") => self.complete(request),
            "PUT" if has("uploadId") => self.part(request),
            "PUT" => self.put(request),
            "DELETE" if has("uploadId") => {
                self.parts.lock().unwrap().remove(request.query("uploadId").unwrap());
                (204, String::new(), Vec::new())
            }
            "DELETE" => {
                self.objects.lock().unwrap().remove(&request.key);
                (204, String::new(), Vec::new())
            }
            _ => error(405, "MethodNotAllowed"),
        }
    }

    fn get(&self, request: &S3Request) -> Answer {
        let Some(stored) = self.objects.lock().unwrap().get(&request.key).cloned() else {
            return error(404, "NoSuchKey");
        };
        let etag = format!("ETag: \"{}\"\r\n", stored.etag);
        if request.header("if-none-match") == Some(&format!("\"{}\"", stored.etag)) {
            return (304, etag, Vec::new());
        }
        let total = stored.bytes.len();
        let range = request.header("range").map(|range| {
            let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
            let (first, last) = (first.parse::<usize>().unwrap(), last.parse::<usize>().unwrap());
            first..total.min(last.saturating_add(1))
        });
        match range {
            Some(range) if range.start >= total => error(416, "InvalidRange"),
            Some(range) => {
                let (start, last) = (range.start, range.end - 1);
                let header = format!("{etag}Content-Range: bytes {start}-{last}/{total}\r\n");
                (206, header, stored.bytes[range].to_vec())
            }
            None => (200, etag, stored.bytes),
        }
    }

    /// One lock for the look and the write, so that of racers one wins.
    fn put(&self, request: &S3Request) -> Answer {
        let mut objects = self.objects.lock().unwrap();
        let found = objects.get(&request.key).map(|stored| format!("\"{}\"", stored.etag));
        if request.header("if-none-match") == Some("*") && found.is_some() {
            return error(412, "PreconditionFailed");
        }
        if let Some(wanted) = request.header("if-match") {
            match found {
                None => return error(404, "NoSuchKey"),
                Some(found) if found != wanted => return error(412, "PreconditionFailed"),
                Some(_) => {}
            }
        }
        let stored = Stored { bytes: request.body.clone(), etag: etag_of(&request.body) };
        let etag = format!("ETag: \"{}\"\r\n", stored.etag);
        objects.insert(request.key.clone(), stored);
        (200, etag, Vec::new())
    }

    fn begin(&self, request: &S3Request) -> Answer {
        let mut parts = self.parts.lock().unwrap();
        let id = format!("upload {}", parts.len());
        parts.insert(id.clone(), BTreeMap::new());
        let key = &request.key;
        let body = format!("<Result><Key>{key}</Key><UploadId>{id}</UploadId></Result>");
        (200, String::new(), body.into_bytes())
    }

    fn part(&self, request: &S3Request) -> Answer {
        let number = request.query("partNumber").unwrap().parse().unwrap();
        let mut parts = self.parts.lock().unwrap();
        let Some(upload) = parts.get_mut(request.query("uploadId").unwrap()) else {
            return error(404, "NoSuchUpload");
        };
        upload.insert(number, request.body.clone());
        (200, format!("ETag: \"{}\"\r\n", etag_of(&request.body)), Vec::new())
    }

    fn complete(&self, request: &S3Request) -> Answer {
        let Some(parts) = self.parts.lock().unwrap().remove(request.query("uploadId").unwrap())
        else {
            return error(404, "NoSuchUpload");
        };
        let body = String::from_utf8(request.body.clone()).unwrap();
        for (number, bytes) in &parts {
            let etag = etag_of(bytes);
            let named = format!("<PartNumber>{number}</PartNumber><ETag>&quot;{etag}&quot;</ETag>");
            if !body.contains(&named) || bytes.len() < 5 << 20 && *number as usize != parts.len() {
                return error(400, "InvalidPart");
            }
        }
        let bytes: Vec<u8> = parts.into_values().flatten().collect();
        let stored = Stored { etag: etag_of(&bytes), bytes };
        self.objects.lock().unwrap().insert(request.key.clone(), stored);
        (200, String::new(), b"<CompleteMultipartUploadResult/>".to_vec())
    }

    fn list(&self, request: &S3Request) -> Answer {
        let (prefix, after) = (request.query("prefix").unwrap(), request.query("start-after"));
        let most: usize = request.query("max-keys").unwrap().parse().unwrap();
        let objects = self.objects.lock().unwrap();
        let found = objects.iter().filter(|(key, _)| {
            key.starts_with(prefix) && after.is_none_or(|after| ***key > *after)
        });
        let found: Vec<_> = found.take(most + 1).collect();
        let mut body = format!(
            "<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>{}</IsTruncated>",
            found.len() > most
        );
        for (key, stored) in found.into_iter().take(most) {
            let key =
                percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC);
            body.push_str(&format!(
                "<Contents><Key>{key}</Key><LastModified>2026-11-21T09:30:00.000Z</LastModified>\
                 <ETag>&quot;{}&quot;</ETag><Size>{}</Size></Contents>",
                stored.etag,
                stored.bytes.len()
            ));
        }
        body.push_str("</ListBucketResult>");
        (200, String::new(), body.into_bytes())
    }
}
