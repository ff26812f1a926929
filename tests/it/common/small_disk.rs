//! A small file system of its own, to be filled, and to be made one that can only be read.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// It is gone with this value.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` for a user who may mount nothing.
    pub fn mount(at: PathBuf) -> Option<SmallDisk> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m", "none"]).arg(&at);
        let done = mount.output().is_ok_and(|output| output.status.success());
        done.then_some(SmallDisk(at))
    }

    /// Takes all room but about so many bytes.
    pub fn fill_up_to(&self, left: usize) {
        let filler = self.0.join("node_modules/filler");
        fs::create_dir_all(filler.parent().unwrap()).unwrap();
        let mut file = fs::File::create(&filler).unwrap();
        while file.write_all(&[7; 4096]).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length - left as u64).unwrap();
    }

    pub fn free(&self) {
        fs::remove_file(self.0.join("node_modules/filler")).unwrap();
    }

    /// `ro` or `rw`. Nobody may have a file of it open for writing.
    pub fn remount(&self, how: &str) {
        let mut mount = Command::new("mount");
        assert!(
            mount.args(["-o", &format!("remount,{how}")]).arg(&self.0).status().unwrap().success()
        );
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
